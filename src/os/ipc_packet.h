/* ipc_packet: one packet between roles over a SOCK_SEQPACKET socket, with its file descriptors.
 *
 * A packet is a head and a body. A body that does not fit rides along as a sealed memory file, the
 * first of the descriptors; the receiver checks the seals and reads it whole.
 *
 * Input: the other end may have been taken over. A packet that is cut, has a wrong head or a wrong
 * memory file is IPC_GOT_BAD; descriptors beyond what is allowed are closed.
 */
#ifndef MOX_OS_IPC_PACKET_H
#define MOX_OS_IPC_PACKET_H

#include "base/arena.h"
#include "base/err.h"

enum {
	IPC_PACKET_MAX = 65536,
	IPC_FDS_MAX = 8,
};

/* Descriptors that ride along. Who holds one owns them: ipc_fds_close. */
struct ipc_fds {
	int fd[IPC_FDS_MAX];
	unsigned n;
};

/* Closes all that are not -1, and empties it. */
void ipc_fds_close(struct ipc_fds *fds);

enum ipc_kind { IPC_REQUEST = 1, IPC_REPLY, IPC_ERROR, IPC_CANCEL, IPC_KIND_END };
enum { IPC_MORE = 1, IPC_MEMFD = 2, IPC_FLAGS_ALL = 3 };

/* As it is on the wire: both ends are the same program on the same machine. */
struct ipc_head {
	uint8_t kind;
	uint8_t flags;
	uint16_t call;
	uint32_t body_n;
	uint64_t id;
	int64_t deadline; /* monotonic ns */
};

enum { IPC_BODY_INLINE = IPC_PACKET_MAX - sizeof(struct ipc_head) };

/* A connected pair, non-blocking and close-on-exec. */
struct err ipc_pair(int ret[2]);

/* A memory file of the body that nobody can change any more. */
struct err ipc_memfd(struct str body, int *ret);

enum ipc_sent {
	IPC_SENT,
	IPC_SENT_FULL,    /* the socket is full: later */
	IPC_SENT_REFUSED, /* the kernel lacks memory or descriptors for this packet */
	IPC_SENT_GONE,    /* the other end is closed */
};
/* Sends head and body; with a memfd (not -1) that holds the body, body.p is not looked at. The
 * caller keeps its descriptors.  */
enum ipc_sent ipc_packet_send(int fd, const struct ipc_head *head, struct str body,
			      const struct ipc_fds *fds, int memfd);

enum ipc_got { IPC_GOT, IPC_GOT_NONE, IPC_GOT_BAD, IPC_GOT_GONE };
struct ipc_packet {
	struct ipc_head head; /* after IPC_GOT_BAD: zero, or as good as it came */
	struct str inline_body;
	struct ipc_fds fds;
	int memfd; /* or -1 */
};
/* Receives one packet; room holds IPC_PACKET_MAX bytes, and the body lives in it. After IPC_GOT the
 * caller owns the descriptors. */
enum ipc_got ipc_packet_receive(int fd, char *room, struct ipc_packet *ret);
/* Copies the body, from wherever it is, into the arena. SYNTAX if the memory file is not sealed or
 * not of the size that the head says. */
struct err ipc_packet_body(const struct ipc_packet *p, struct arena *a, struct str *ret);
/* Closes all descriptors that came. */
void ipc_packet_close(struct ipc_packet *p);

#endif
