// Portable: plain C vectors, which the compiler lowers to whatever the baseline has. No fused multiply-add.
#include "levels.h"
#include "lanes.h"

#define LEVEL 0
#include "template.h"

const level_table level0_table = LEVEL_TABLE;
