// Starts the console.
import { render } from 'preact'
import { Console } from './console.tsx'
import './style.css'
import './traffic.css'

const place = document.getElementById('console')
if (place) {
  place.textContent = ''
  render(<Console />, place)
}
