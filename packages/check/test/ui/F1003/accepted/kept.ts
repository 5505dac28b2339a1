import { sleep } from 'fearless'

export function run(): unknown {
  const later = sleep(1)
  return later
}
