// The run's threads: /THREADS, and how they wait.
#pragma once

// At most `count` threads from now on; 0: as many as the machine has.
void threads_set_count(unsigned count);
