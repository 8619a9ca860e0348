import RunPage from './view';

/** The export holds one page; the API serves it under every number. */
export const generateStaticParams = () => [{ id: '_' }];

export default function Page() {
  return <RunPage />;
}
