// A program that uses the library as it was built.
import { program } from './dist/library.js'

console.log((await program()).join('\n'))
