// What far_branches.s branches to.
        .text
        .globl far_zero
        .def far_zero; .scl 2; .type 32; .endef
far_zero:
        mov     w0, #1000
        ret
        .globl far_even
        .def far_even; .scl 2; .type 32; .endef
far_even:
        mov     w0, #2000
        ret
        .globl far_seven
        .def far_seven; .scl 2; .type 32; .endef
far_seven:
        mov     w0, #7000
        ret
        .globl far_other
        .def far_other; .scl 2; .type 32; .endef
// int far_other(int n): 10 * near_twice(n) + 5, near_twice being called twice over
far_other:
        stp     x29, x30, [sp, #-16]!
        .globl call_back
call_back:
        bl      near_twice
        mov     w1, #10
        mul     w0, w0, w1
        add     w0, w0, #5
        ldp     x29, x30, [sp], #16
        ret
