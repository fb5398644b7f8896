// Installs the Python tools, so that they are there when they are needed.
import { ensurePython } from './python.ts'

await ensurePython()
