import { thread } from 'fearless'

const config = { threads: 4, names: ['a', 'b'] } as const satisfies { threads: number; names: readonly string[] }
const other = { threads: 1 } satisfies { threads: number } as { readonly threads: 1 }
const frozen = Object.freeze({ names: ['a'] }) satisfies object

thread.spawn(() => console.log(config.threads, config.names.length, frozen.names))
console.log(other)
