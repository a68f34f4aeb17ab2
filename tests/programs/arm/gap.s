// 17 MB of code that nobody runs.
        .text
        .space 0x1100000
