import { thread } from 'fearless'
import { tx } from '../../Elsewhere/shared.ts'

export const run = () => thread.spawn(() => tx.send(1))
