// Branches of every length to functions that are further away than any of them reaches, and calls back from there. The
// places that a test looks at have names.
        .text
        .globl classify
        .def classify; .scl 2; .type 32; .endef
        .p2align 2
// int classify(int): 1000 for 0, 2000 for even ones, 7000 for 7, what far_other says for the rest
classify:
        .globl zero_branch
zero_branch:
        cbz     w0, far_zero
        .globl even_branch
even_branch:
        tbz     w0, #0, far_even
        cmp     w0, #7
        b.eq    far_seven
        .globl other_branch
other_branch:
        b       far_other

        .globl near_twice
        .def near_twice; .scl 2; .type 32; .endef
// int near_twice(int)
near_twice:
        lsl     w0, w0, #1
        ret
