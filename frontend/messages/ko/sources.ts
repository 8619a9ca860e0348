const ko = {
  title: '출처',
};

export default ko;
