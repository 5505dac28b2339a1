/** The operations during which threads die. */
export const SCENES = [
  'mutex',
  'rw-lock',
  'condvar',
  'semaphore',
  'barrier',
  'unbounded',
  'bounded',
  'select',
  'broadcast',
  'mpmc',
] as const
export type Scene = (typeof SCENES)[number]

/** The kinds of death. */
export const DEATH_KINDS = ['terminate', 'exit', 'throw', 'memory'] as const
export type DeathKind = (typeof DEATH_KINDS)[number]
