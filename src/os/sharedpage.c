#include "os/sharedpage.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };

static struct err page_map(int fd, size_t n, void **ret)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return err_errno("shared page of %zu bytes", n);
	*ret = p;
	return ERR_OK;
}

struct err sharedpage_new(size_t n, int *ret_fd, void **ret)
{
	int fd = memfd_create("mox", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return err_errno("shared page of %zu bytes", n);
	struct err e = ftruncate(fd, (off_t)n) == 0 && fcntl(fd, F_ADD_SEALS, SEALS) == 0
			       ? page_map(fd, n, ret)
			       : err_errno("shared page of %zu bytes", n);

	if (err_failed(e))
		close(fd);
	else
		*ret_fd = fd;
	return e;
}

struct err sharedpage_map(int fd, size_t n, void **ret)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &st) != 0 || st.st_size != (off_t)n)
		return err_make(ERR_SYNTAX, "not a shared page of %zu bytes", n);
	return page_map(fd, n, ret);
}

void sharedpage_unmap(void *page, size_t n)
{
	if (page)
		munmap(page, n);
}
