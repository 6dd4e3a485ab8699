/* describe: the annotated example of a configuration file, made of the tables in which its keys and
 * their documentation stand: `mox config describe-static`, `describe-domains`.
 */
#ifndef MOX_IDL_DESCRIBE_H
#define MOX_IDL_DESCRIBE_H

#include "base/buf.h"
#include "idl/record.h"

/* Writes each field once, with its documentation above, whether it is optional, and its default.
 * idl_read can read the text. */
void idl_describe(const struct idl_record *rec, struct buf *b);

#endif
