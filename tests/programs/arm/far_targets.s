// What far_branches.s branches to.
        .syntax unified
        .thumb
        .text
        .globl far_zero
        .def far_zero; .scl 2; .type 32; .endef
        .p2align 1
far_zero:
        movw    r0, #1000
        bx      lr
        .globl far_seven
        .def far_seven; .scl 2; .type 32; .endef
far_seven:
        movw    r0, #7000
        bx      lr
        .globl far_other
        .def far_other; .scl 2; .type 32; .endef
// int far_other(int n): 10 * near_twice(n) + 5
far_other:
        push    {r11, lr}
        .globl call_back
call_back:
        bl      near_twice
        movs    r1, #10
        muls    r0, r1, r0
        adds    r0, #5
        pop     {r11, pc}
