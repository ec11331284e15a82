/* CRC-32C (Castagnoli; RFC 3720 appendix B.4), the check of a recording's frames. */
#ifndef LOCKSTEP_HISTORY_CRC_H
#define LOCKSTEP_HISTORY_CRC_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of the bytes that `crc` covers (0 for none) followed by `size` more. Never fails. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t size);

#endif
