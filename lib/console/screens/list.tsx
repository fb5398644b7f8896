// All devices, those that a search finds, or those in a state, page by page and sorted.
import { useState } from 'preact/hooks'
import { type Api, mayFind } from '../api.ts'
import type { DeviceList } from '../device-list.ts'
import { useLanguage } from '../language.ts'
import { Action, LackHint, useLack } from '../parts/action.tsx'
import { Choice } from '../parts/choice.tsx'
import { DeviceRow } from '../parts/device-row.tsx'
import { Heading } from '../parts/heading.tsx'
import { SearchForm } from '../parts/search-form.tsx'
import { Failed, Skeleton } from '../parts/waiting.tsx'
import { type Order, orders, searchedUser, sorted, type Wanted } from '../search.ts'
import { AddDialog } from './add-dialog.tsx'
import { DeleteAllDialog } from './delete-dialogs.tsx'

/** Shows the list of devices. */
export function ListScreen({ api, list }: { api: Api; list: DeviceList }) {
  const { strings } = useLanguage()
  const words = strings.list
  const [dialog, setDialog] = useState<'add' | 'delete all' | null>(null)
  const lack = useLack(api, 'devices:write')
  const { text } = list.wanted
  const user = list.loading === 'first' ? null : searchedUser(text, list)
  const title = user ? words.ofUser(user) : text ? words.found(text) : words.title

  return (
    <>
      <div class="title-row">
        <Heading title={words.title}>{title}</Heading>
        <Action lack={lack} press={() => setDialog('add')}>
          {words.add}
        </Action>
        {user && (
          <Action lack={lack} class="danger-quiet" press={() => setDialog('delete all')}>
            {words.deleteAll}
          </Action>
        )}
      </div>
      <LackHint lack={lack} />
      <div class="bar">
        <SearchForm api={api} list={list} />
        <Tools api={api} list={list} />
      </div>
      {!mayFind(api) && <p class="lack">{strings.search.userOnly}</p>}
      <Results api={api} list={list} />
      {dialog === 'add' && (
        <AddDialog api={api} list={list} user={user ?? ''} close={() => setDialog(null)} />
      )}
      {dialog === 'delete all' && user && (
        <DeleteAllDialog api={api} list={list} user={user} close={() => setDialog(null)} />
      )}
    </>
  )
}

/** Which devices, in what order, and how many. */
function Tools({ api, list }: { api: Api; list: DeviceList }) {
  const { strings } = useLanguage()
  const words = strings.list
  const { devices, cursor, loading, wanted, order, sort } = list
  const state = wanted.state ?? 'all'
  const count = cursor ? words.loadedSoFar(devices.length) : words.loaded(devices.length)
  return (
    <div class="tools">
      <Choice<NonNullable<Wanted['state']> | 'all'>
        label={words.show}
        value={state}
        choices={words.states}
        disabled={!mayFind(api)}
        choose={chosen => list.search('', chosen === 'all' ? null : chosen)}
      />
      <Choice<Order>
        label={words.sort}
        value={order}
        choices={Object.fromEntries(orders.map(one => [one, words.orders[one]])) as never}
        choose={sort}
      />
      <p class="count" role="status">
        {loading === 'first' ? strings.loading : count}
      </p>
      <button type="button" class="quiet" onClick={list.refresh}>
        {strings.refresh}
      </button>
    </div>
  )
}

function Results({ api, list }: { api: Api; list: DeviceList }) {
  const { strings, locale } = useLanguage()
  const words = strings.list
  const { devices, cursor, loading, failure, wanted } = list
  const shown = sorted(devices, list.order, locale)
  const whole = mayFind(api) ? 'all' : 'user'

  return (
    <>
      {failure?.of === 'first' && <Failed failure={failure.why} retry={list.refresh} />}
      {loading === 'first' && <Skeleton rows={12} />}
      {loading !== 'first' && shown.length > 0 && (
        <ul class="rows">
          {shown.map(device => (
            <DeviceRow key={`${device.userId} ${device.id}`} device={device} />
          ))}
        </ul>
      )}
      {loading === null && !failure && shown.length === 0 && (
        <Empty kind={wanted.text ? 'search' : wanted.state ? 'state' : whole} />
      )}
      {failure?.of === 'more' && <Failed failure={failure.why} retry={list.more} />}
      {cursor && failure?.of !== 'more' && loading !== 'first' && (
        <button
          type="button"
          class="more"
          aria-disabled={loading === 'more'}
          onClick={() => loading === null && list.more()}
        >
          {loading === 'more' ? words.loadingMore : words.more}
        </button>
      )}
    </>
  )
}

function Empty({ kind }: { kind: 'all' | 'search' | 'state' | 'user' }) {
  const { list, search } = useLanguage().strings
  const [title, hint] = {
    all: [list.empty, list.emptyHint],
    search: [list.emptySearch, list.emptySearchHint],
    state: [list.emptyState, list.emptyStateHint],
    user: [search.askUser, search.hintOfUser],
  }[kind] as [string, string]
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      <p>{hint}</p>
    </div>
  )
}
