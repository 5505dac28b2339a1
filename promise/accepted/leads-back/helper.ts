import { answer } from './main.ts'

export const helper = (): number => answer
