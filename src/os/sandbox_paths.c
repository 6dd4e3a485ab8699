/* Landlock, by its system calls: Debian 12's headers know ABI 2, its kernel has that one, newer
 * kernels more. Rights that a kernel does not know are not asked of it, and said to be missing. */
#include "os/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's names, and the ABI that brought them: 1 has all up to MAKE_SYM. */
#define FS_EXECUTE     (UINT64_C(1) << 0)
#define FS_WRITE_FILE  (UINT64_C(1) << 1)
#define FS_READ_FILE   (UINT64_C(1) << 2)
#define FS_READ_DIR    (UINT64_C(1) << 3)
#define FS_REMOVE_DIR  (UINT64_C(1) << 4)
#define FS_REMOVE_FILE (UINT64_C(1) << 5)
#define FS_MAKE_DIR    (UINT64_C(1) << 7)
#define FS_MAKE_REG    (UINT64_C(1) << 8)
#define FS_MAKE_SOCK   (UINT64_C(1) << 9)
#define FS_ABI_1       ((UINT64_C(1) << 13) - 1)
#define FS_REFER       (UINT64_C(1) << 13)
#define FS_TRUNCATE    (UINT64_C(1) << 14)
#define FS_IOCTL_DEV   (UINT64_C(1) << 15)

/* What a rule on a file, not a folder, may grant. */
#define FS_OF_FILES (FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE)

#define SCOPE_ABSTRACT_UNIX (UINT64_C(1) << 0)
#define SCOPE_SIGNAL        (UINT64_C(1) << 1)

enum { CREATE_RULESET_VERSION = 1, RULE_PATH_BENEATH = 1 };

struct ruleset_attr {
	uint64_t fs, net, scoped;
};

struct path_beneath_attr {
	uint64_t allowed;
	int32_t parent_fd;
} __attribute__((packed));

/* Each step of the ABI: what it added, and what goes unheld without it. */
static const struct {
	int abi;
	size_t attr_size; /* of struct ruleset_attr, as far as it is known */
	uint64_t fs, scoped;
	const char *missing;
} steps[] = {
	{1, 8, FS_ABI_1, 0, "paths"},
	/* Without it the kernel refuses every link and rename between folders. */
	{2, 8, FS_REFER, 0, "links between folders (they will fail)"},
	{3, 8, FS_TRUNCATE, 0, "truncation of files"},
	{5, 16, FS_IOCTL_DEV, 0, "ioctl on devices"},
	{6, 24, 0, SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL,
	 "signals to other processes and abstract sockets"},
};

static uint64_t rights_of(unsigned access)
{
	uint64_t rights = 0;

	if (access & SANDBOX_READ)
		rights |= FS_READ_FILE | FS_READ_DIR;
	if (access & SANDBOX_WRITE)
		rights |= FS_READ_FILE | FS_READ_DIR | FS_WRITE_FILE | FS_REMOVE_DIR |
			  FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG | FS_MAKE_SOCK | FS_REFER |
			  FS_TRUNCATE;
	return rights;
}

static struct err path_allow(int ruleset, uint64_t handled, const struct sandbox_path *p)
{
	int fd = open(p->path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return err_errno("promise for %s", p->path);
	uint64_t rights = rights_of(p->access) & handled;

	if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rights &= FS_OF_FILES;
	struct path_beneath_attr attr = {.allowed = rights, .parent_fd = fd};
	long r = syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &attr, 0);
	struct err e = r == 0 ? ERR_OK : err_errno("promise for %s", p->path);

	close(fd);
	return e;
}

static struct err ruleset_take(int ruleset, uint64_t handled, const struct sandbox_path *paths,
			       size_t n)
{
	for (size_t i = 0; i < n; i++)
		TRY(path_allow(ruleset, handled, &paths[i]));
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		return err_errno("take promise about paths");
	return ERR_OK;
}

static void missing_add(struct buf *b, const char *text)
{
	if (b->n)
		buf_str_add(b, STR(", "));
	buf_str_add(b, str_z(text));
}

struct err sandbox_paths_take(const struct sandbox_path *paths, size_t n, struct buf *ret_missing)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
	struct ruleset_attr attr = {0};
	size_t size = 0;

	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		if (abi < steps[i].abi) {
			missing_add(ret_missing, steps[i].missing);
			continue;
		}
		attr.fs |= steps[i].fs;
		attr.scoped |= steps[i].scoped;
		size = steps[i].attr_size;
	}
	if (abi < 1)
		return ERR_OK;
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);

	if (ruleset < 0)
		return err_errno("make promise about paths");
	struct err e = ruleset_take(ruleset, attr.fs, paths, n);

	close(ruleset);
	return e;
}
