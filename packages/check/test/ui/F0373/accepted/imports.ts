import { basename } from 'node:path'
import { thread } from 'fearless'
import { thread as other } from '../../Elsewhere/other.ts'

thread.spawn(() => basename('/a/b') + typeof other)
