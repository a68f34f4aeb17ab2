// What loops over arrays need of OpenMP, and what stands in its place in a build without it. Loops say
// `#pragma omp parallel for` themselves; an arena or a counter per thread is indexed by thread_index().
#pragma once

#include <stdbool.h>

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
// Inside any parallel loop, also one that its if() clause keeps on one thread.
static inline bool thread_is_in_parallel_region(void)
{
    return omp_get_level() > 0;
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
static inline bool thread_is_in_parallel_region(void)
{
    return false;
}
#endif
