/** The rest of the library, for a worker that needs it: most threads begin before it is loaded, and many end without it. */
import '../../index.ts'
