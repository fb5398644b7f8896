// All devices, or those that a search finds, page by page. Filters narrow what is loaded.
import { useState } from 'preact/hooks'
import type { Api, Device } from '../api.ts'
import { serverNow, useMomentOf } from '../clock.ts'
import type { DeviceList } from '../device-list.ts'
import { useLanguage } from '../language.ts'
import { lockOf, nextEnd } from '../lock.ts'
import { DeviceRow } from '../parts/device-row.tsx'
import { type Filter, Filters, noFilter } from '../parts/filters.tsx'
import { Heading } from '../parts/heading.tsx'
import { SearchForm } from '../parts/search-form.tsx'
import { Failed, Skeleton } from '../parts/waiting.tsx'
import { searchedUser } from '../search.ts'
import { AddDialog } from './add-dialog.tsx'
import { DeleteAllDialog } from './delete-dialogs.tsx'

/** Shows the list of devices. */
export function ListScreen({ api, list }: { api: Api; list: DeviceList }) {
  const { strings } = useLanguage()
  const words = strings.list
  const [dialog, setDialog] = useState<'add' | 'delete all' | null>(null)
  const user = list.loading === 'first' ? null : searchedUser(list.query, list)
  const title = user ? words.ofUser(user) : list.query ? words.found(list.query) : words.title

  return (
    <>
      <div class="title-row">
        <Heading title={words.title}>{title}</Heading>
        <button type="button" onClick={() => setDialog('add')}>
          {words.add}
        </button>
        {user && (
          <button type="button" class="danger-quiet" onClick={() => setDialog('delete all')}>
            {words.deleteAll}
          </button>
        )}
      </div>
      <SearchForm list={list} />
      <Results list={list} />
      {dialog === 'add' && (
        <AddDialog api={api} list={list} user={user ?? ''} close={() => setDialog(null)} />
      )}
      {dialog === 'delete all' && user && (
        <DeleteAllDialog api={api} list={list} user={user} close={() => setDialog(null)} />
      )}
    </>
  )
}

function Results({ list }: { list: DeviceList }) {
  const { strings } = useLanguage()
  const words = strings.list
  const [filter, setFilter] = useState<Filter>(noFilter)
  const { devices, cursor, loading, failure } = list

  const now = serverNow()
  useMomentOf(filter.lock === 'any' ? null : firstEnd(devices, now))

  const isFiltered = filter.confirmed !== 'any' || filter.lock !== 'any'
  const shown = devices.filter(
    device =>
      (filter.confirmed === 'any' || device.confirmed === (filter.confirmed === 'yes')) &&
      (filter.lock === 'any' || (lockOf(device, now) === 'open') === (filter.lock === 'open')),
  )
  const count = () => {
    if (!isFiltered)
      return cursor ? words.loadedSoFar(devices.length) : words.loaded(devices.length)
    const count = cursor ? words.matchingSoFar : words.matching
    return count(shown.length, devices.length)
  }

  return (
    <>
      <div class="tools">
        <Filters filter={filter} change={setFilter} />
        <p class="count" role="status">
          {loading === 'first' ? strings.loading : count()}
        </p>
        <button type="button" class="quiet" onClick={list.refresh}>
          {strings.refresh}
        </button>
      </div>
      {failure?.of === 'first' && <Failed failure={failure.why} retry={list.refresh} />}
      {loading === 'first' && <Skeleton rows={6} />}
      {loading !== 'first' && shown.length > 0 && (
        <ul class="rows">
          {shown.map(device => (
            <DeviceRow key={`${device.userId} ${device.id}`} device={device} />
          ))}
        </ul>
      )}
      {loading === null && !failure && shown.length === 0 && (
        <Empty kind={devices.length > 0 ? 'filter' : list.query ? 'search' : 'all'} />
      )}
      {failure?.of === 'more' && <Failed failure={failure.why} retry={list.more} />}
      {cursor && failure?.of !== 'more' && loading !== 'first' && (
        <button type="button" class="more" aria-disabled={loading === 'more'} onClick={list.more}>
          {loading === 'more' ? words.loadingMore : words.more}
        </button>
      )}
    </>
  )
}

/** When the first lock, cooldown or token ends: then the filter may show other devices. */
function firstEnd(devices: Device[], now: number): number | null {
  const ends = devices.map(device => nextEnd(device, now)).filter(end => end !== null)
  return ends.length > 0 ? Math.min(...ends) : null
}

function Empty({ kind }: { kind: 'all' | 'search' | 'filter' }) {
  const words = useLanguage().strings.list
  const [title, hint] = {
    all: [words.empty, words.emptyHint],
    search: [words.emptySearch, words.emptySearchHint],
    filter: [words.emptyFilter, ''],
  }[kind] as [string, string]
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      <p>{hint}</p>
    </div>
  )
}
