export { program } from '../program/program.ts'
