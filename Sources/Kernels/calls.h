// What the files of public entry points share.
#ifndef STEERSH_CALLS_H
#define STEERSH_CALLS_H

#include "pieces.h"

// Cuts a linear map into pieces and runs them at a level.
void run_linear_at(const level_table *level, linear_job job);

#endif
