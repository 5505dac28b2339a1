// A module that leads-back-work.ts imports, and that imports the entry.
import { answer } from './leads-back.ts'

export const helper = (): number => answer
