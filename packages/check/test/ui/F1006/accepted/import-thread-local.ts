import { thread } from 'fearless'
import { own } from '../../Elsewhere/shared.ts'

export const run = () => thread.spawn(() => own.value)
