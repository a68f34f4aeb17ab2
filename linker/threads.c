// How threads wait for each other. A link has some forty parallel loops with short serial stretches between them.
// OpenMP run times let threads that have nothing to do spin, by default for many milliseconds, which takes the other
// threads' processor away wherever a build keeps all of them busy; asked to wait passively they sleep. The wish is an
// environment variable (OMP_WAIT_POLICY, OpenMP 5.0, section 6.7), which the run time reads once: GCC's when the
// program starts, so this runs first of all (the run time is linked in, not shared, to make that so), LLVM's at the
// first loop. A user's own setting stands.
#include <stdlib.h>

#include "linker/threads.h"

#include "common/parallel.h"

__attribute__((constructor(101))) static void threads_wait_passively(void)
{
    setenv("OMP_WAIT_POLICY", "passive", 0);
}

void threads_set_count(unsigned count)
{
#ifdef _OPENMP
    if (count)
        omp_set_num_threads((int)count);
#else
    (void)count;
#endif
}
