#include "os/privilege.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NAME_MAX_LEN = 64, PASSWD_BYTES = 16384, CAPS = 64 };

struct err privilege_lookup(struct str name, struct privilege_user *ret)
{
	char name_z[NAME_MAX_LEN + 1], *room;
	struct passwd pw, *found = NULL;
	uint64_t number;

	if (name.n == 0 || name.n > NAME_MAX_LEN || str_chr(name, '\0') >= 0)
		return err_make(ERR_SYNTAX, "user name of %zu bytes", name.n);
	if (ch_is_digit(name.p[0])) {
		/* The largest means "no change" to the kernel. */
		if (!str_u64(name, UINT32_MAX - 1, &number) || number == 0)
			return err_make(ERR_SYNTAX, "user number %.*s", STR_ARG(name));
		*ret = (struct privilege_user){(uid_t)number, (gid_t)number};
		return ERR_OK;
	}
	memcpy(name_z, name.p, name.n);
	name_z[name.n] = '\0';
	room = malloc(PASSWD_BYTES);
	if (!room)
		return err_make(ERR_RESOURCES, "no memory");
	if (getpwnam_r(name_z, &pw, room, PASSWD_BYTES, &found) != 0)
		found = NULL;
	if (found)
		*ret = (struct privilege_user){pw.pw_uid, pw.pw_gid};
	free(room);
	if (!found || ret->uid == 0)
		return err_make(ERR_CONFIG, found ? "user %s is root" : "no user %s", name_z);
	return ERR_OK;
}

/* What exec could give back: as many as this kernel knows. Who is not root has none to drop. */
static struct err bounding_clear(void)
{
	for (int cap = 0; cap < CAPS && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0 && errno != EPERM)
			return err_errno("drop capability %d", cap);
	return ERR_OK;
}

static struct err capabilities_clear(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
		return err_errno("drop ambient capabilities");
	if (syscall(SYS_capset, &head, none) != 0)
		return err_errno("drop capabilities");
	return ERR_OK;
}

struct err privilege_drop_capabilities(void)
{
	TRY(bounding_clear());
	return capabilities_clear();
}

static struct err user_change(const struct privilege_user *u)
{
	if (geteuid() == 0) {
		if (setgroups(0, NULL) != 0 || setresgid(u->gid, u->gid, u->gid) != 0 ||
		    setresuid(u->uid, u->uid, u->uid) != 0)
			return err_errno("become user %u", (unsigned)u->uid);
	} else if (geteuid() != u->uid || getuid() != u->uid) {
		return err_make(ERR_ACCESS, "user %u can't become user %u", (unsigned)geteuid(),
				(unsigned)u->uid);
	}
	return ERR_OK;
}

struct err privilege_drop(const struct privilege_user *u)
{
	int death_signal = 0;

	prctl(PR_GET_PDEATHSIG, &death_signal);
	pid_t parent = getppid();

	/* First, and of what exec may give only: as that user it can't be done any more. */
	TRY(bounding_clear());
	TRY(user_change(u));
	TRY(capabilities_clear());
	if (u->uid != 0 && (setuid(0) == 0 || seteuid(0) == 0))
		return err_make(ERR_INTERNAL, "user %u became root again", (unsigned)u->uid);
	if (death_signal && prctl(PR_SET_PDEATHSIG, death_signal) != 0)
		return err_errno("end with the parent");
	if (getppid() != parent)
		return err_make(ERR_SHUTDOWN, "the parent has ended");
	return ERR_OK;
}
