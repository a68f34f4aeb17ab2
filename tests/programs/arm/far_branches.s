// Branches of every length to functions that are further away than any of them reaches, and calls back from there. The
// places that a test looks at have names.
        .syntax unified
        .thumb
        .text
        .globl classify
        .def classify; .scl 2; .type 32; .endef
        .p2align 1
// int classify(int): 1000 for 0, 7000 for 7, what far_other says for the rest
classify:
        cmp     r0, #0
        .globl zero_branch
zero_branch:
        beq.w   far_zero
        cmp     r0, #7
        beq.w   far_seven
        .globl other_branch
other_branch:
        b.w     far_other

        .globl near_twice
        .def near_twice; .scl 2; .type 32; .endef
// int near_twice(int)
near_twice:
        lsls    r0, r0, #1
        bx      lr
