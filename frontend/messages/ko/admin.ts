/** Words that several pages of the administration share. */
const ko = {
  user: (id: number) => `사용자 ${id}번`,
  nobody: '없음',
  changedBy: '바꾼 사람',
  before: '이전',
  after: '이후',
  yes: '예',
  no: '아니요',
};

export default ko;
