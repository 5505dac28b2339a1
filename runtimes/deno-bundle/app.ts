import { program } from '../program/program.ts'

void program().then(lines => console.log(lines.join('\n')))
