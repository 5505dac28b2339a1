import { ConcurrentMap, OnceLock, Semaphore } from 'fearless'

export const pages = new ConcurrentMap<string, number>()
export const permits = new Semaphore(1)
export const first = new OnceLock<string>()
