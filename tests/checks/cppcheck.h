/* SPDX-License-Identifier: MIT
 *
 * cppcheck.h - the loops of jansson.h as cppcheck, which does not read system headers, needs to see them.
 */
#define json_array_foreach(array, i, v) for ((i) = 0; ((v) = json_array_get((array), (i))) != 0; (i)++)
#define json_object_foreach(object, k, v) for ((v) = json_object_get((object), (k)); (v) != 0; (v) = 0)
