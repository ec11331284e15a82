/* The frame of a recording, shared by its writer and its reader. */
#ifndef LOCKSTEP_HISTORY_RECORDING_FRAME_H
#define LOCKSTEP_HISTORY_RECORDING_FRAME_H

#include <stdint.h>

#define RECORDING_MAGIC "LKS1"
#define RECORDING_START 8u /* bytes before the first frame */
#define RECORDING_FRAME 16u
#define RECORDING_CHECKED 12u /* bytes of the frame that the check covers */

#define RECORDING_BLOCK_STARTS 1u

struct recording_frame {
    uint8_t type, flags;
    uint16_t events;
    uint32_t length, steps, check;
};

static inline void recording_put32(unsigned char *out, uint32_t value)
{
    out[0] = (unsigned char)value;
    out[1] = (unsigned char)(value >> 8);
    out[2] = (unsigned char)(value >> 16);
    out[3] = (unsigned char)(value >> 24);
}

static inline uint32_t recording_get32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

#endif
