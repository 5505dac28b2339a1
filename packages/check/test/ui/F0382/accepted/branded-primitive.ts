import { move, thread } from 'fearless'

type Id = string & { readonly __brand: 'id' }
export function run(id: Id): Id {
  thread.spawn(move(() => id))
  return id
}
