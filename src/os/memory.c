#include "os/memory.h"

#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

void memory_give_back(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

/* Linkers put the loader's tables at the head of the file, in a segment that is only read: its
 * pages are the file's, none of them is lost. */
static int tables_give_back(struct dl_phdr_info *object, size_t size, void *page)
{
	(void)size;
	for (size_t i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
		uintptr_t from = object->dlpi_addr + segment->p_vaddr;

		if (segment->p_type == PT_LOAD && segment->p_flags == PF_R &&
		    segment->p_offset == 0 && from % *(size_t *)page == 0)
			madvise((void *)from, segment->p_filesz, MADV_DONTNEED);
	}
	return 0;
}

void memory_give_back_started(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	memory_give_back();
	dl_iterate_phdr(tables_give_back, &page);
}
