// 130 MB of code that nobody runs.
        .text
        .space 0x8200000
