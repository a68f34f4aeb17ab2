// What loops over arrays need of OpenMP, and what stands in its place in a build without it. Loops say
// `#pragma omp parallel for` themselves; an arena or a counter per thread is indexed by thread_index().
#pragma once

#ifdef _OPENMP
#include <omp.h>
static inline int thread_index(void)
{
    return omp_get_thread_num();
}
static inline int thread_limit(void)
{
    return omp_get_max_threads();
}
#else
static inline int thread_index(void)
{
    return 0;
}
static inline int thread_limit(void)
{
    return 1;
}
#endif
