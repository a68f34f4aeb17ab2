// Preloaded into the x86 Wine where qemu runs it. Wine asks the signal's context which trap it was; qemu has
// forgotten that by then and says -1 always, so that Wine takes divisions by zero, wrong pointers and the stack's
// guard page for illegal instructions. What else the signal tells is enough to put the number in.
//
// Built without headers or libraries of i386, which a Debian for x64 has none of.

enum signal { SIGILL = 4, SIGTRAP = 5, SIGFPE = 8, SIGSEGV = 11, NUMBER_OF_SIGNALS = 65 };
enum trap { DIVISION, STEP, BREAKPOINT = 3, OVERFLOW, INVALID_OPCODE = 6, PROTECTION = 13, PAGE = 14, FLOATING = 16 };

#define SA_SIGINFO        4
#define CODE_DIVISION     1 // of SIGFPE
#define CODE_OVERFLOW     2
#define CODE_OF_KERNEL    0x80 // of SIGSEGV and SIGTRAP: no page fault, no step
#define ERROR_INSTRUCTION 0x10 // of a page fault: what could not be fetched was code

struct signal_information {
    int signal;
    int error;
    int code;
    unsigned address;
};

struct signal_context {
    unsigned flags, link, stack[3];
    unsigned gs, fs, es, ds, edi, esi, ebp, esp, ebx, edx, ecx, eax;
    unsigned trap, error, eip;
};

typedef void handler_function(int, struct signal_information *, struct signal_context *);

struct signal_action {
    handler_function *handler;
    unsigned mask[32];
    int flags;
    void (*restorer)(void);
};

// The C library's.
int __sigaction(int signal, const struct signal_action *action, struct signal_action *old);
int unsetenv(const char *name);

static handler_function *volatile handlers[NUMBER_OF_SIGNALS];

// Wine has taken fs and gs for its own here: nothing may be called that has thread-local variables.
static void handle(int signal, struct signal_information *information, struct signal_context *context)
{
    switch (signal) {
    case SIGILL: context->trap = INVALID_OPCODE; break;
    case SIGTRAP: context->trap = information->code == CODE_OF_KERNEL ? BREAKPOINT : STEP; break;
    case SIGFPE:
        context->trap = information->code == CODE_DIVISION   ? DIVISION
                        : information->code == CODE_OVERFLOW ? OVERFLOW
                                                             : FLOATING;
        break;
    case SIGSEGV:
        context->trap = information->code == CODE_OF_KERNEL ? PROTECTION : PAGE;
        if (context->trap == PAGE && information->address == context->eip)
            context->error |= ERROR_INSTRUCTION;
        break;
    }
    handlers[signal](signal, information, context);
}

int sigaction(int signal, const struct signal_action *action, struct signal_action *old)
{
    struct signal_action ours;
    handler_function *before = 0;
    switch (signal) {
    case SIGILL:
    case SIGTRAP:
    case SIGFPE:
    case SIGSEGV:
        before = handlers[signal];
        if (action && action->flags & SA_SIGINFO) {
            handlers[signal] = action->handler;
            ours = *action;
            ours.handler = handle;
            action = &ours;
        }
    }
    int status = __sigaction(signal, action, old);
    if (status == 0 && old && old->handler == handle)
        old->handler = before;
    return status;
}

// qemu tells each program that it runs to preload this. Programs that are not emulated shall not try to.
__attribute__((constructor)) static void leave_others_alone(void)
{
    unsetenv("LD_PRELOAD");
}
