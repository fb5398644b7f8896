// The settings as they are shipped: what holds where a stage gives no other.
import { settings } from '../../infra/stack/settings.ts'

/** By name; empty is the code's default. */
export const shippedSettings: Readonly<Record<string, string>> = settings
