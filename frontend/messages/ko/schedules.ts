const ko = {
  title: '일정',
};

export default ko;
