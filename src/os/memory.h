/* memory: what the process holds of it.
 */
#ifndef MOX_OS_MEMORY_H
#define MOX_OS_MEMORY_H

/* Gives pages in which nothing lives any more back to the system: malloc keeps those that lie
 * between others. It walks the whole heap, some milliseconds for 100 MiB: for after something large
 * was freed. */
void memory_give_back(void);

/* The same when a process has started; with that the relocations and symbols of its libraries,
 * which the loader has read and nobody reads again (libcrypto: 800 KiB). Should it load another
 * they come back from the page cache. */
void memory_give_back_started(void);

#endif
