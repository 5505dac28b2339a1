// What leads-back.ts brings along.
import { helper } from './leads-back-helper.ts'

export const work = (): number => helper()
