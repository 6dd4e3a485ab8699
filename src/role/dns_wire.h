/* dns_wire: questions and answers of dns/resolver.h as messages between roles, both directions.
 *
 * Input: the role at the other end may have been taken over, whichever it is. What was read keeps
 * the limits of dns/resolver.h, as does what is written.
 * Memory: texts stay where they are, lists live in the arena.
 */
#ifndef MOX_ROLE_DNS_WIRE_H
#define MOX_ROLE_DNS_WIRE_H

#include "dns/resolver.h"
#include "idl/messages.h"

void dns_wire_question_write(const struct dns_question *q, struct msg_dns_question *ret);
/* SYNTAX for a type that is not known, a name that can't exist or is not in lower case. */
struct err dns_wire_question_read(const struct msg_dns_question *m, struct dns_question *ret);

/* The answer to a question of this type. One that breaks the limits, or that the arena can't hold,
 * becomes a failure. */
void dns_wire_answer_write(enum dns_type type, const struct dns_answer *a, struct arena *arena,
			   struct msg_dns_answer *ret);
void dns_wire_answer_read(enum dns_type type, const struct msg_dns_answer *m, struct arena *arena,
			  struct dns_answer *ret);

#endif
