// A module that leads-back.ts imports.
import { helper } from './leads-back-helper.ts'

export const work = (): number => helper()
