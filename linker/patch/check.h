// mylink /PATCHCHECK: which functions of an image can be patched, whoever linked it.
#pragma once

// mylink /PATCHCHECK [/FUNCTIONPADMIN:n] [/PATCHREPORT:file] image… Exit status: 0 every function of every image is
// ready, 1 some are not, 2 trouble (a bad argument, or a file that can't be examined; the others are examined all the
// same).
int patch_check_main(int argument_count, char **arguments);
