import { parIter } from 'fearless'
import { handle, register } from '../../Elsewhere/state.ts'

register('a', () => {})
export const run = () => parIter(['a', 'b']).forEach(name => handle(name))
