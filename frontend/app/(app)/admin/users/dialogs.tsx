'use client';

import { useState } from 'react';
import { Button } from '@/components/controls';
import { Confirm, Dialog } from '@/components/dialog';
import { Field, FormFault } from '@/components/field';
import { useToast } from '@/components/toast';
import { api, type AccountItem, type Fault } from '@/lib/api';
import type { Role } from '@/lib/auth';
import { useChange } from '@/lib/query';
import { useCommon } from '@/lib/words';
import { newPassword } from './password';
import { useText } from './words';

const roles: readonly Role[] = ['user', 'operator', 'admin'];
const invalidates = [['users']];

function RoleChoice({ value, onChange }: { value: Role; onChange: (role: Role) => void }) {
  const t = useText();
  const common = useCommon();
  return (
    <fieldset>
      <legend className="mb-1 text-xs font-medium text-muted">{t.role}</legend>
      {roles.map((r) => (
        <label key={r} className="flex items-start gap-2 py-1">
          <input type="radio" name="role" value={r} checked={value === r} onChange={() => onChange(r)} className="mt-1.5 size-4 shrink-0 accent-ink" />
          <span>
            <span className="font-medium">{common.roles[r]}</span>
            <span className="block text-xs text-muted">{t.roleHints[r]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function PasswordField({ label, value, fault, onChange }: { label: string; value: string; fault: Fault | null; onChange: (value: string) => void }) {
  const t = useText();
  return (
    <div className="flex items-start gap-2">
      <div className="min-w-0 flex-1">
        <Field
          label={label}
          name="password"
          fault={fault}
          hint={t.passwordHint}
          value={value}
          required
          minLength={10}
          maxLength={200}
          spellCheck={false}
          autoComplete="new-password"
          className="font-mono"
          onChange={(e) => onChange(e.target.value)}
        />
      </div>
      <Button className="mt-6" onClick={() => onChange(newPassword())}>
        {t.generate}
      </Button>
    </div>
  );
}

export function CreateDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const t = useText();
  return (
    <Dialog open={open} onClose={onClose} title={t.create}>
      <CreateForm onClose={onClose} />
    </Dialog>
  );
}

function CreateForm({ onClose }: { onClose: () => void }) {
  const t = useText();
  const common = useCommon();
  const toast = useToast();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [role, setRole] = useState<Role>('user');
  const save = useChange(() => api.postUsers({ email: email.trim(), password, role }), {
    invalidates,
    onDone: (u) => {
      toast(t.made(u.email));
      onClose();
    },
  });
  return (
    <form
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        void save.run(undefined);
      }}
    >
      <Field label={t.email} name="email" type="email" fault={save.fault} value={email} required maxLength={254} autoComplete="off" onChange={(e) => setEmail(e.target.value)} />
      <PasswordField label={t.firstPassword} value={password} fault={save.fault} onChange={setPassword} />
      <RoleChoice value={role} onChange={setRole} />
      <FormFault fault={save.fault} fields={['email', 'password']} />
      <div className="flex justify-end gap-2 pt-1">
        <Button onClick={onClose}>{common.cancel}</Button>
        <Button type="submit" look="primary" disabled={save.busy}>
          {t.create}
        </Button>
      </div>
    </form>
  );
}

interface Of {
  user: AccountItem | null;
  /** Who is signed in. */
  self: number;
  onClose: () => void;
}

function Warnings({ user, self }: { user: AccountItem; self: number }) {
  const t = useText();
  return (
    <>
      {user.id === self ? <p className="mb-2 text-warn">⚠ {t.self}</p> : null}
      {user.role === 'admin' ? <p className="mb-2 text-xs text-muted">{t.lastAdmin}</p> : null}
    </>
  );
}

export function RoleDialog({ user, self, onClose }: Of) {
  return user ? <OpenRole key={user.id} user={user} self={self} onClose={onClose} /> : null;
}

function OpenRole({ user, self, onClose }: Of & { user: AccountItem }) {
  const t = useText();
  const common = useCommon();
  const toast = useToast();
  const [role, setRole] = useState<Role>(user.role);
  const save = useChange(() => api.patchUsersById(user.id, { role }), {
    invalidates,
    onDone: (u) => {
      toast(t.roleChanged(u.email, common.roles[u.role]));
      onClose();
    },
  });
  const submit = () => {
    if (role !== user.role) return void save.run(undefined);
    toast(t.sameRole);
    onClose();
  };
  return (
    <Confirm open title={t.roleTitle(user.email)} action={t.changeRole} busy={save.busy} fault={save.fault} onConfirm={submit} onClose={onClose}>
      <Warnings user={user} self={self} />
      <RoleChoice value={role} onChange={setRole} />
      <p className="mt-2 text-xs text-muted">{t.roleBody}</p>
    </Confirm>
  );
}

export function DeactivateDialog({ user, self, onClose }: Of) {
  return user ? <OpenDeactivate key={user.id} user={user} self={self} onClose={onClose} /> : null;
}

function OpenDeactivate({ user, self, onClose }: Of & { user: AccountItem }) {
  const t = useText();
  const toast = useToast();
  const off = useChange(() => api.deleteUsersById(user.id), {
    invalidates,
    onDone: (u) => {
      toast(t.deactivated(u.email));
      onClose();
    },
  });
  return (
    <Confirm open danger title={t.deactivateTitle(user.email)} action={t.deactivate} busy={off.busy} fault={off.fault} onConfirm={() => void off.run(undefined)} onClose={onClose}>
      <Warnings user={user} self={self} />
      <p>{t.deactivateBody}</p>
    </Confirm>
  );
}

export function PasswordDialog({ user, self, onClose }: Of) {
  return user ? <OpenPassword key={user.id} user={user} self={self} onClose={onClose} /> : null;
}

function OpenPassword({ user, self, onClose }: Of & { user: AccountItem }) {
  const t = useText();
  const toast = useToast();
  const [password, setPassword] = useState('');
  const save = useChange(() => api.patchUsersById(user.id, { password }), {
    invalidates,
    onDone: (u) => {
      toast(t.resetDone(u.email));
      onClose();
    },
  });
  return (
    <Confirm
      open
      title={t.resetTitle(user.email)}
      action={t.reset}
      busy={save.busy}
      fault={save.fault?.field === 'password' ? null : save.fault}
      onConfirm={() => void save.run(undefined)}
      onClose={onClose}
    >
      {user.id === self ? <p className="mb-2 text-warn">⚠ {t.self}</p> : null}
      <p className="mb-3">{t.resetBody}</p>
      <PasswordField label={t.password} value={password} fault={save.fault} onChange={setPassword} />
    </Confirm>
  );
}
