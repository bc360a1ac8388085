#pragma once

#include <stdint.h>

/// How often the calling thread has asked for memory. The test program's own malloc counts; libc's does the work.
int64_t allocations_of_thread(void);
