'use client';

import { Page } from '@/components/page';

export default function Dashboard() {
  return <Page title="">{null}</Page>;
}
