/** The numbers of all kinds of handles, the same in every thread. */
export const JOIN_HANDLE = 1
export const THREAD = 2
export const MUTEX = 3
export const ARC = 4
export const ATOMIC_I32 = 5
export const SENDER = 6
export const SYNC_SENDER = 7
export const RECEIVER = 8
export const RW_LOCK = 9
export const VEC = 40
export const FROZEN_VEC = 41
export const CONCURRENT_MAP = 42
