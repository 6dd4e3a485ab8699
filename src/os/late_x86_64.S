/* The places at which the program calls functions of late libraries (os/late.h): each function has
 * a slot with its address, which late_load writes, and until then that of first_call. */

	.macro STUB function
	.text
	.balign	16
	.globl	\function
	.hidden	\function
	.type	\function, @function
\function:
	.cfi_startproc
	endbr64
	lea	slot_\function(%rip), %r11
	jmp	*(%r11)
	.cfi_endproc
	.size	\function, . - \function
	.endm

#define LIBRARY(name, file)
#define FUNCTION(name) STUB name
#include "late_names.h"
#undef FUNCTION
#undef LIBRARY

/* Whatever the caller handed over in registers is kept; r11 belongs to nobody across a call. */
	.balign	16
	.type	first_call, @function
first_call:
	.cfi_startproc
	endbr64
	.irp	r, rdi, rsi, rdx, rcx, r8, r9, rax, r10, r11
	push	%\r
	.cfi_adjust_cfa_offset 8
	.endr
	sub	$128, %rsp
	.cfi_adjust_cfa_offset 128
	.irp	i, 0, 1, 2, 3, 4, 5, 6, 7
	movups	%xmm\i, 16 * \i(%rsp)
	.endr
	mov	%r11, %rdi
	call	late_first_call
	.irp	i, 0, 1, 2, 3, 4, 5, 6, 7
	movups	16 * \i(%rsp), %xmm\i
	.endr
	add	$128, %rsp
	.cfi_adjust_cfa_offset -128
	.irp	r, r11, r10, rax, r9, r8, rcx, rdx, rsi, rdi
	pop	%\r
	.cfi_adjust_cfa_offset -8
	.endr
	jmp	*(%r11)
	.cfi_endproc
	.size	first_call, . - first_call

/* Pages of their own, because late_load makes them writable for a moment. */
	.section .data.rel.ro.late, "aw", @progbits
	.balign	4096
	.globl	late_slots, late_slots_end
	.hidden	late_slots, late_slots_end
late_slots:
#define LIBRARY(name, file)
#define FUNCTION(name) slot_##name: .quad first_call
#include "late_names.h"
#undef FUNCTION
#undef LIBRARY
late_slots_end:
	.balign	4096

/* Behind an empty string a library's name, its file, then its functions in the order of the slots;
 * at the end two empty strings. */
	.section .rodata.late, "a", @progbits
	.globl	late_names
	.hidden	late_names
late_names:
#define LIBRARY(name, file) .asciz "", #name, file
#define FUNCTION(name)      .asciz #name
#include "late_names.h"
	.asciz	"", ""

	.section .note.GNU-stack, "", @progbits
